"""What readers of the change feeds say of their copies: how far they applied, which records they could not take."""
