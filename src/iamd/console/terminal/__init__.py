"""The terminal: commands of the AWS CLI, understood and run by the server as the person who is signed in.

There is no shell, no program, no file and no network here: a line is taken apart into words (`words`), a service, an
operation and its parameters (`command`, by the models of the APIs that iamd serves), and called as every other page
calls operations (`running`). https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-using.html
"""
