"""`flask cases …`: the group; what stands above cases adds its own commands to it."""

from flask.cli import AppGroup

cases = AppGroup("cases", help="Cases: import.")
