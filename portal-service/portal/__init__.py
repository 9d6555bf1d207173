"""The portal context: installs, tokens, the bot, access, admin accounts."""
