"""A machine of its own for a deployment: started from nothing, by the commands of the documents."""
