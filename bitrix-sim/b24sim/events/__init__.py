"""Events as they leave the portal: two generations of payload and the sender."""
