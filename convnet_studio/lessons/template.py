"""Template: the lesson that an author begins with; it holds as it is."""

TEMPLATE = '''# A lesson. Check it with: convnet-studio check-lessons NAME
title = "My first lesson"
objective = "Say in one line what one can do afterwards."
chapter = 2          # 1 to 6, see the course page
position = 50        # within the chapter
minutes = 5
requires = []        # names of lessons that should come first
start = [{ do = "open", preset = "tiny-digits" }]   # what stands on the canvas
classroom = ["Count the weights"]                   # titles of three pages (of all, where there are fewer)

[probes]             # numbers that the pages can use, measured by the engine
parameters = { of = "count", what = "parameters" }
rate = { of = "setting", name = "rate" }

[[pages]]
title = "Count the weights"
text = """
This network has {parameters:,} parameters. Formulas stand between dollar signs: $y = \\tanh(w x)$.
Words can [light up](module:Linear) what they speak of.
"""
show = ["canvas", "maps"]
highlight = ["module:Linear"]

[pages.predict]
ask = "Will the count change with the learning rate?"
options = ["yes", "no"]

[pages.act]
ask = "Set the learning rate to 0.05, in the inspector."
show_me = [{ do = "training", to = { rate = 0.05 } }]
done = "abs(rate - 0.05) < 0.000001"

[pages.check]
kind = "integer"
ask = "How many parameters are there now?"
answer = "parameters"
expect = 810
right = "Yes: the rate is no parameter."
wrong = "There are {parameters:,}, as before: the rate is no parameter."
hints = ["Look at the status line."]
'''
