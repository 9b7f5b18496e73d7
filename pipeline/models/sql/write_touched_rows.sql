create or replace table written.{name} as
select * from ({sql});
delete from {schema}.{name}
where {key} in ({touched});
insert into {schema}.{name}
select * from written.{name};
