"""What a result rests on: the references of the model, and of the parameters, levers, methods and data that it used."""
