"""How each kind of BenchPicture looks: one widget each, and the stack that shows several."""
