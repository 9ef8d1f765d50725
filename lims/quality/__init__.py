"""How we keep well: nonconforming work, charts, complaints."""
