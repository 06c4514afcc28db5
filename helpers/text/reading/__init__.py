"""Facts read from short texts by rules: doses, dates, questions, alarms."""
