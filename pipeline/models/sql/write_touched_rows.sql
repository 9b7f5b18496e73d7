create or replace table written.{name} as
select * from ({sql});
delete from {schema}.{name}
where ({key}) in (from touched.{touched});
insert into {schema}.{name}
select * from written.{name};
