"""The sample newsroom: five made-up outlets over four simulated days, served on loopback."""
