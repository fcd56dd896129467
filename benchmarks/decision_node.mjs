// The engines of the npm registry: node decision_node.mjs ENGINE WORKLOAD.json, in a folder that has them installed.
// Answers {"typical", "mix"} in microseconds of CPU time and which requests are decided otherwise.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(path.join(process.cwd(), 'from-here.js'))
const [, , name, file] = process.argv
const { cedar, cedarRequests, requests, allowed } = JSON.parse(readFileSync(file, 'utf8'))

async function cedarWasm () {
  const engine = require('@cedar-policy/cedar-wasm/nodejs')
  engine.preparsePolicySet('all', { staticPolicies: cedar })
  return cedarRequests.map(request => () =>
    engine.statefulIsAuthorized({ ...request, preparsedPolicySetId: 'all', entities: [] }).response.decision === 'allow')
}

async function iamSimulate () {
  const { runSimulation } = require('@cloud-copilot/iam-simulate')
  const named = (documents, prefix) => documents.map((policy, at) => ({ name: `${prefix}${at}`, policy }))
  const simulation = request => ({
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.resourceAccount },
      contextVariables: request.context
    },
    identityPolicies: request.identityPolicies.map(each => ({ name: each.name, policy: each.document })),
    serviceControlPolicies: request.serviceControlPolicies.map((level, at) =>
      ({ orgIdentifier: `level${at}`, policies: named(level.policies.map(each => each.document), 'scp') })),
    resourceControlPolicies: [],
    resourcePolicy: request.resourcePolicy,
    permissionBoundaryPolicies: named(request.permissionsBoundaries, 'boundary')
  })
  return requests.map(simulation).map(each => async () => (await runSimulation(each, {})).overallResult === 'Allowed')
}

const thunks = await { 'cedar-wasm': cedarWasm, 'iam-simulate': iamSimulate }[name]()

async function measured (asked) {
  let rounds = 0
  const started = process.cpuUsage()
  const until = performance.now() + 500
  do {
    for (const thunk of asked) await thunk()
    rounds++
  } while (performance.now() < until)
  const { user, system } = process.cpuUsage(started)
  return (user + system) / rounds / asked.length
}

const differs = []
for (const [at, thunk] of thunks.entries()) if (await thunk() !== allowed[at]) differs.push(at)
console.log(JSON.stringify({ typical: await measured([thunks[1]]), mix: await measured(thunks), differs }))
