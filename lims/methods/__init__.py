"""How: method versions, their measurement models, and competence for them."""
