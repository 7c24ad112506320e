"""Controls: small reusable widgets, painted with the tokens of the theme in force."""
