#!/bin/sh
# A search in four parts on a Slurm cluster, without any server: an array of four tasks, each of which does its part of
# each rung. The folder is one that all nodes see. The tasks need not run at the same time; run the array once for each
# rung, each run after the one before:
#
#     after=
#     for rung in 1 2 3 4; do after=--dependency=afterany:$(sbatch --parsable $after slurm.sh); done
#     sbatch --dependency=${after#--dependency=} --wrap "npx ductus tune --merge search/shard-* --out search/best"
#
#SBATCH --job-name=ductus
#SBATCH --array=1-4
#SBATCH --cpus-per-task=8
set -eu
mkdir -p search
npx ductus tune --hidden 100 --trials 243 --epochs 81 --seed 1 --workers "${SLURM_CPUS_PER_TASK:-1}" \
  --shard "$SLURM_ARRAY_TASK_ID/4" --out "search/shard-$SLURM_ARRAY_TASK_ID" --merge search/shard-*
