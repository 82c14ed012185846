"""What officials work with: the console of their areas, exports, the audit list, imports."""
