create or replace table written.{name} as
{sql};
delete from {schema}.{name}
where {key} in (select touched.{key} from {touched} as touched);
insert into {schema}.{name}
select * from written.{name};
