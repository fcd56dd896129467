"""The published ways from one principal to another: what each asks for.

https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
https://pathfinding.cloud/
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launch:
    """Something that runs with a role that is passed to it, and whose maker can make use of that role.

    `actions`: all are needed; each may be one of several. `in_profile`: the role has to be in an instance profile.
    """

    name: str
    service: str
    actions: tuple[tuple[str, ...], ...]
    in_profile: bool = False


LAUNCHES = (
    Launch("EC2 instance", "ec2.amazonaws.com", (("ec2:RunInstances", "ec2:RequestSpotInstances"),), True),
    Launch(
        "EC2 instance, profile exchanged",
        "ec2.amazonaws.com",
        (
            ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"),
            ("ssm:StartSession", "ssm:SendCommand"),
        ),
        True,
    ),
    Launch(
        "Auto Scaling group",
        "ec2.amazonaws.com",
        (
            ("autoscaling:CreateLaunchConfiguration",),
            ("autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
        ),
        True,
    ),
    Launch(
        "Lambda function",
        "lambda.amazonaws.com",
        (
            ("lambda:CreateFunction",),
            (
                "lambda:InvokeFunction",
                "lambda:AddPermission",
                "lambda:CreateEventSourceMapping",
                "lambda:CreateFunctionUrlConfig",
            ),
        ),
    ),
    Launch("Glue development endpoint", "glue.amazonaws.com", (("glue:CreateDevEndpoint",),)),
    Launch(
        "Glue job",
        "glue.amazonaws.com",
        (("glue:CreateJob", "glue:UpdateJob"), ("glue:StartJobRun", "glue:CreateTrigger")),
    ),
    Launch("Glue session", "glue.amazonaws.com", (("glue:CreateSession",), ("glue:RunStatement",))),
    Launch(
        "CloudFormation stack",
        "cloudformation.amazonaws.com",
        (("cloudformation:CreateStack", "cloudformation:UpdateStack"),),
    ),
    Launch(
        "CloudFormation change set",
        "cloudformation.amazonaws.com",
        (("cloudformation:CreateChangeSet",), ("cloudformation:ExecuteChangeSet",)),
    ),
    Launch(
        "CloudFormation stack set",
        "cloudformation.amazonaws.com",
        (
            ("cloudformation:CreateStackSet", "cloudformation:UpdateStackSet"),
            ("cloudformation:CreateStackInstances", "cloudformation:UpdateStackSet"),
        ),
    ),
    Launch(
        "Data Pipeline",
        "datapipeline.amazonaws.com",
        (("datapipeline:CreatePipeline",), ("datapipeline:PutPipelineDefinition",), ("datapipeline:ActivatePipeline",)),
    ),
    Launch(
        "CodeBuild project",
        "codebuild.amazonaws.com",
        (("codebuild:CreateProject", "codebuild:UpdateProject"), ("codebuild:StartBuild", "codebuild:StartBuildBatch")),
    ),
    Launch(
        "CodePipeline", "codepipeline.amazonaws.com", (("codepipeline:CreatePipeline", "codepipeline:UpdatePipeline"),)
    ),
    Launch(
        "ECS task",
        "ecs-tasks.amazonaws.com",
        (("ecs:RegisterTaskDefinition",), ("ecs:RunTask", "ecs:StartTask", "ecs:CreateService")),
    ),
    Launch("Batch job", "ecs-tasks.amazonaws.com", (("batch:RegisterJobDefinition",), ("batch:SubmitJob",))),
    Launch(
        "SageMaker notebook",
        "sagemaker.amazonaws.com",
        (("sagemaker:CreateNotebookInstance",), ("sagemaker:CreatePresignedNotebookInstanceUrl",)),
    ),
    Launch(
        "SageMaker training job",
        "sagemaker.amazonaws.com",
        (("sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob"),),
    ),
    Launch("SageMaker processing job", "sagemaker.amazonaws.com", (("sagemaker:CreateProcessingJob",),)),
    Launch(
        "Step Functions state machine",
        "states.amazonaws.com",
        (("states:CreateStateMachine", "states:UpdateStateMachine"), ("states:StartExecution",)),
    ),
    Launch("EMR cluster", "ec2.amazonaws.com", (("elasticmapreduce:RunJobFlow",),), True),
    Launch(
        "App Runner service", "tasks.apprunner.amazonaws.com", (("apprunner:CreateService", "apprunner:UpdateService"),)
    ),
    Launch("Systems Manager automation", "ssm.amazonaws.com", (("ssm:StartAutomationExecution",),)),
    Launch(
        "EventBridge schedule", "scheduler.amazonaws.com", (("scheduler:CreateSchedule", "scheduler:UpdateSchedule"),)
    ),
    Launch("Cloud9 environment", "cloud9.amazonaws.com", (("cloud9:CreateEnvironmentEC2",),)),
    Launch(
        "Bedrock AgentCore code interpreter",
        "bedrock-agentcore.amazonaws.com",
        (
            ("bedrock-agentcore:CreateCodeInterpreter",),
            ("bedrock-agentcore:StartCodeInterpreterSession",),
            ("bedrock-agentcore:InvokeCodeInterpreter",),
        ),
    ),
)

# What gives a user's or role's policies to whoever may do it, by the kind of what is edited.
EDITS = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    "policy": ("iam:CreatePolicyVersion",),
}
UNBINDS = {"user": "iam:DeleteUserPermissionsBoundary", "role": "iam:DeleteRolePermissionsBoundary"}
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
