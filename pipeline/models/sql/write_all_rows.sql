create or replace table {schema}.{name} as
select * from ({sql});
create or replace view written.{name} as
select * from {schema}.{name};
