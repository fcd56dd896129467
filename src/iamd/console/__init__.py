"""The pages for people: the sign-in, the consent that programs ask for, and the console.

Pages up to the sign-in are plain HTML; the console is a web application (`console/` at the top of the repository),
which calls operations by name through `calls`.
"""
