"""Which case for which helper: ranking, and the rules that dispatch and assignment share."""
