"""State: records of people, places, Plans and institutions, and the world that holds them."""
