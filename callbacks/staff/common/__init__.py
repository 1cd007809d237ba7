"""What the staff pages share: the admin site, navigation, masking, confirmations, help."""
