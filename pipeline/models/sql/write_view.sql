create or replace view {schema}.{name} as
select * from ({sql});
create or replace view written.{name} as
select * from {schema}.{name};
