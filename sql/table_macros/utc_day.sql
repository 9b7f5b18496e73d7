-- utc_day(moment): the day in UTC; a tenth of the cost of `cast(moment at time zone 'UTC' as date)`
create or replace macro main.utc_day(moment) as cast(make_timestamp(epoch_us(moment)) as date);
