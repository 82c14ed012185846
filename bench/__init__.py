"""How fast the site is, beside the same SQL run by pgbench: `make bench`."""
