"""Copies of a ledger and its archive, in a folder or in a bucket.

`backups` has what a backup and a restore do, `place` what they ask of a place, and the folder, `bucket` the bucket.
"""

from pipeline.backup.backups import Backup, back_up, restore

__all__ = ["Backup", "back_up", "restore"]
