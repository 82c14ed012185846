"""What every feature stands on: database, clock, errors, states, text, jobs, events, audit."""
