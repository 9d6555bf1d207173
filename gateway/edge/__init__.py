"""The HTTP edge: terminates Bitrix24 and admin HTTP and calls the four contexts."""
