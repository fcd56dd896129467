# Terraform against iamd: start `make run`, paste the root user's credentials, then
#   terraform init && terraform apply
# The provider takes the keys from the environment, and the endpoints from here.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {
  type    = string
  default = "http://127.0.0.1:4500"
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
  }
}

resource "aws_iam_role" "auditor" {
  name               = "auditor"
  path               = "/terraform/"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = { team = "blue" }
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.auditor.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}

resource "aws_iam_group" "developers" {
  name = "developers"
  path = "/terraform/"
}

resource "aws_iam_group_policy" "assume" {
  name  = "assume-auditor"
  group = aws_iam_group.developers.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.auditor.arn }]
  })
}

output "role" {
  value = aws_iam_role.auditor.arn
}
