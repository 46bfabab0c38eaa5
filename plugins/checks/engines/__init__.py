"""Scripts that run inside the sandbox, on hostile files; they parse, and never import or execute what they read."""
