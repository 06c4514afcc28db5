"""What the tabs make: from settings to steps and a result; nothing of a page here."""
