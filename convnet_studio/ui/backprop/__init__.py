"""What the Backprop view is put together from: the walk under the user's hands, and what shows it."""
