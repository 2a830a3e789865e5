"""What comes in from outside: bounds on markup, archives and tables before they are parsed; visible words."""
