"""The messaging context: the inbox, dialogs and answers."""
