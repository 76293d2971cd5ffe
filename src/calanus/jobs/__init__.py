"""Background work as people see it: progress, questions, logs, results."""
