"""Do a run: collect the listings, compose the issues, deliver the mail, raise the alarms."""
