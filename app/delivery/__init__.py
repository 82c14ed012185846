"""One message to one person: written down first, sent by a job, with its receipt."""
