"""What the staff pages share: how a page is rendered, masking, lists, forms, formatting."""
