"""Real HTTP servers on loopback that speak as the model servers do, and refuse what those refuse."""
