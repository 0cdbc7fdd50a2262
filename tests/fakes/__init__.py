"""Stand-ins for what lies outside the engine, driven by the test that holds them."""
