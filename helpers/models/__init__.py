"""One family of models a file; nothing here knows of data sets or plots."""
