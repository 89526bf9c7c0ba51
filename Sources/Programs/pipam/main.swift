print("pipam")
