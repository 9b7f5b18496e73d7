"""The command line: every command of `newsledger`."""

from pipeline.cli.app import main

__all__ = ["main"]
