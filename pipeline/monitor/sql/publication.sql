select
    head_position,
    built_at
from main.build_info
