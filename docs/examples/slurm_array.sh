#!/usr/bin/env bash
# A sweep as a Slurm job array: each task runs one shard, a last job merges them.
#
#   SHARDS=8 bash slurm_array.sh sweep=ten_thousand seed=1
#
# submits both and ends. The words are those of `plansim sweep`. Results go to $RESULTS (default:
# results/array), which every machine must see; use a folder of its own for each sweep. The last job
# starts whatever became of the others, merges what there is, and names what is missing: then submit
# again in the same way, and what is finished is not run again. Rows that failed stay in the result as
# failed, with their errors; as in a sweep on one machine, the exit status is then 1.
#
# Change the lines below to what your cluster asks for (account, partition), and put what makes
# plansim known to the shell (module load, a virtual environment) into PREPARE:
#
#   PREPARE='source ~/plansim/bin/activate' SHARDS=8 bash slurm_array.sh sweep=ten_thousand
#
#SBATCH --job-name=plansim
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=1G
#SBATCH --time=02:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --output=%x-%j.log
set -euo pipefail

export SHARDS=${SHARDS:-${SLURM_ARRAY_TASK_COUNT:-8}} RESULTS=${RESULTS:-results/array} PREPARE=${PREPARE:-}
eval "$PREPARE"

if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then
    # One shard. `exec`: the signal that Slurm sends before the end of the time reaches plansim, which stops in order.
    exec plansim sweep "$@" shard="$SLURM_ARRAY_TASK_ID/$SHARDS" engine.workers="${SLURM_CPUS_PER_TASK:-1}" --output "$RESULTS"
elif [[ -n ${SLURM_JOB_ID:-} ]]; then
    # The last job: the folder of the whole is named like those of the shards, without their ending.
    shards=("$RESULTS"/sweep/*-shard-*-of-"$SHARDS")
    exec plansim merge "${shards[0]%-shard-*}" "${shards[@]}"
else
    array=$(sbatch --parsable --array="1-$SHARDS" "$0" "$@")
    sbatch --dependency="afterany:${array%%;*}" --cpus-per-task=1 "$0"
fi
