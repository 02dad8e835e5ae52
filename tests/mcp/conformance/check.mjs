// Says what the conformance suite has found, scenario by scenario, and fails unless all of it is good.
//
//   node check.mjs RESULTS SCENARIOS_AT_LEAST
//
// Also scenarios that a revision does not require, and also warnings: what the suite lets pass, we do not.
import fs from 'node:fs';
import path from 'node:path';

const [results, least] = process.argv.slice(2);
let scenarios = 0;
const problems = [];
for (const folder of fs.readdirSync(results).sort()) {
  const file = path.join(results, folder, 'checks.json');
  if (!fs.existsSync(file)) continue;
  const name = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
  const checks = JSON.parse(fs.readFileSync(file, 'utf8'));
  const bad = checks.filter((check) => check.status === 'FAILURE' || check.status === 'WARNING');
  for (const check of bad) problems.push(`${name}: ${check.status.toLowerCase()} ${check.id}: ${check.errorMessage}`);
  // The suite skips this one always.
  if (name !== 'tasks-status-notifications' && !checks.some((check) => check.status === 'SUCCESS'))
    problems.push(`${name}: nothing was checked`);
  scenarios += 1;
}
if (scenarios < Number(least)) problems.push(`only ${scenarios} scenarios ran, and not ${least}`);
for (const problem of problems) console.log(problem);
console.log(`${scenarios} scenarios, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
