/** What is put into a guest so that it beats (agent/protocol/guestBeat.ts). Both programs install themselves. */

/** For POSIX shells and systemd; BusyBox will do. `run` needs neither. */
export const LINUX_HEARTBEAT = String.raw`#!/bin/sh
# Understudy heartbeat: tells the host every five seconds that this guest is well. As root:
#   sh understudy-heartbeat install        from now on and after each boot, by systemd
#   understudy-heartbeat away SECONDS      before work during which nothing will answer; 0: it is over
#   understudy-heartbeat uninstall
# If there is a program /etc/understudy-heartbeat/check, it is run before each beat: when it does not end with 0 within 8 s,
# the beat says "failed", with its first line of output as the reason.
set -u
PORT=/dev/virtio-ports/org.understudy.heartbeat.0
PROGRAM=/usr/local/sbin/understudy-heartbeat
UNIT=/etc/systemd/system/understudy-heartbeat.service
CHECK=/etc/understudy-heartbeat/check
AWAY=/run/understudy-heartbeat.away
EVERY=$\{UNDERSTUDY_HEARTBEAT_SECONDS:-5}

beat() { printf 'beat/1 %s\n' "$1" >&3; }

is_seconds() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  [ $\{#1} -le 5 ] && [ "$1" -le 86400 ]
}

state() {
  [ -x "$CHECK" ] || { echo ok; return; }
  if said=$(timeout 8 "$CHECK" 2>&1 </dev/null 3>&-); then
    echo ok
  else
    echo "failed: $(printf '%s' "$\{said:-no reason given}" | head -n 1 | tr -cd '[:print:]' | cut -c 1-150)"
  fi
}

run() {
  [ -c "$PORT" ] || { echo "understudy-heartbeat: there is no $PORT" >&2; exit 1; }
  exec 3>"$PORT"
  # A shutdown stops this first, and may take its time.
  trap 'beat "ok away 600"; exit 0' TERM
  beat 'ok away 0'
  while :; do
    if [ -e "$AWAY" ]; then
      seconds=$(head -n 1 "$AWAY")
      rm -f "$AWAY"
      is_seconds "$seconds" && beat "ok away $seconds"
    fi
    beat "$(state)"
    sleep "$EVERY" 3>&- &
    wait $!
  done
}

install() {
  mkdir -p "$\{PROGRAM%/*}"
  [ "$0" = "$PROGRAM" ] || cp "$0" "$PROGRAM"
  chmod 755 "$PROGRAM"
  cat >"$UNIT" <<END
[Unit]
Description=Understudy heartbeat: tells the host that this guest is well
StartLimitIntervalSec=0

[Service]
ExecStart=$PROGRAM run
Restart=always
RestartSec=5
TimeoutStopSec=3
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
END
  systemctl daemon-reload
  systemctl enable understudy-heartbeat.service
  systemctl restart understudy-heartbeat.service
}

uninstall() {
  systemctl disable --now understudy-heartbeat.service
  rm -f "$UNIT" "$PROGRAM"
  systemctl daemon-reload
}

case $\{1:-} in
  run) run ;;
  install) install ;;
  uninstall) uninstall ;;
  away)
    is_seconds "$\{2:-}" || { echo "understudy-heartbeat: away SECONDS, 0 to 86400" >&2; exit 2; }
    echo "$2" >"$AWAY.new" && mv "$AWAY.new" "$AWAY"
    ;;
  *) echo "usage: understudy-heartbeat install | uninstall | run | away SECONDS" >&2; exit 2 ;;
esac
`.replaceAll('$\\{', '${');

/** For Windows PowerShell 5.1 and later. The port is a device, which .NET's file classes refuse to open. */
export const WINDOWS_HEARTBEAT =
  String.raw`# Understudy heartbeat: tells the host every five seconds that this guest is well.
# It needs the virtio-serial driver (vioser, on the virtio-win disc). As administrator:
#   powershell -ExecutionPolicy Bypass -File understudy-heartbeat.ps1 Install     from now on and after each start
#   ... understudy-heartbeat.ps1 Away -Seconds 1800    before work during which nothing will answer; 0: it is over
#   ... understudy-heartbeat.ps1 Uninstall
# A shutdown or restart that Windows announces (event 1074), such as one for updates, says "away" by itself.
# If there is a script check.ps1 beside the installed one, it is run before each beat, and must be quick: when it throws or
# ends with another status than 0, the beat says "failed", with its first line of output as the reason.
param(
  [ValidateSet('Install', 'Uninstall', 'Run', 'Away')][string]$Action = 'Run',
  [ValidateRange(0, 86400)][int]$Seconds = 1800
)
$ErrorActionPreference = 'Stop'
$Port = '\\.\Global\org.understudy.heartbeat.0'
$Folder = Join-Path $env:ProgramFiles 'Understudy heartbeat'
$Program = Join-Path $Folder 'understudy-heartbeat.ps1'
$Check = Join-Path $Folder 'check.ps1'
$AwayFile = Join-Path $Folder 'away.txt'
$Task = 'Understudy heartbeat'
$AwayTask = 'Understudy heartbeat, away'

function Get-State {
  if (-not (Test-Path $Check)) { return 'ok' }
  try {
    $global:LASTEXITCODE = 0
    $said = @(& $Check 2>&1 | ForEach-Object { "$_" })
    if ($LASTEXITCODE -eq 0) { return 'ok' }
  } catch { $said = @("$_") }
  $reason = ("$($said | Select-Object -First 1)" -replace '[^\x20-\x7e]', '').Trim()
  if ($reason -eq '') { $reason = 'no reason given' }
  return 'failed: ' + $reason.Substring(0, [Math]::Min(150, $reason.Length))
}

function Start-Beating {
  Add-Type -Namespace Understudy -Name Serial -MemberDefinition @'
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern Microsoft.Win32.SafeHandles.SafeFileHandle CreateFile(
  string name, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);
[DllImport("kernel32.dll", SetLastError = true)]
public static extern bool WriteFile(
  Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] bytes, uint count, out uint written, IntPtr overlapped);
'@
  $next = 'ok away 0'
  while ($true) {
    # 0xC0000000: read and write; 3: what exists.
    $handle = [Understudy.Serial]::CreateFile($Port, 3221225472, 0, [IntPtr]::Zero, 3, 0, [IntPtr]::Zero)
    while (-not $handle.IsInvalid) {
      $bytes = [Text.Encoding]::ASCII.GetBytes("beat/1 $next\`n")
      $written = [uint32]0
      if (-not [Understudy.Serial]::WriteFile($handle, $bytes, $bytes.Length, [ref]$written, [IntPtr]::Zero)) { break }
      if (Test-Path $AwayFile) {
        # One that is being written is read in the next round.
        try {
          $next = 'ok away ' + [int](Get-Content $AwayFile -TotalCount 1)
          Remove-Item $AwayFile
        } catch { Start-Sleep -Seconds 1 }
        continue
      }
      Start-Sleep -Seconds 5
      $next = Get-State
    }
    $handle.Dispose()
    Start-Sleep -Seconds 5
  }
}

function Get-Run([string]$Words) {
  $line = '-NoProfile -ExecutionPolicy Bypass -File "{0}" {1}' -f $Program, $Words
  New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $line
}

function Install-Heartbeat {
  New-Item -ItemType Directory -Force $Folder | Out-Null
  if ($PSCommandPath -ne $Program) { Copy-Item -Force $PSCommandPath $Program }
  $settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
  $boot = New-ScheduledTaskTrigger -AtStartup
  Register-ScheduledTask -Force -TaskName $Task -User 'SYSTEM' -RunLevel Highest -Trigger $boot -Settings $settings -Action (Get-Run 'Run') | Out-Null
  $class = Get-CimClass -Namespace 'Root/Microsoft/Windows/TaskScheduler' -ClassName 'MSFT_TaskEventTrigger'
  $shutdown = New-CimInstance -CimClass $class -ClientOnly
  $shutdown.Enabled = $true
  $shutdown.Subscription = '<QueryList><Query><Select Path="System">*[System[Provider[@Name="User32"] and EventID=1074]]</Select></Query></QueryList>'
  Register-ScheduledTask -Force -TaskName $AwayTask -User 'SYSTEM' -RunLevel Highest -Trigger $shutdown -Action (Get-Run 'Away -Seconds 1800') | Out-Null
  Stop-ScheduledTask -TaskName $Task
  Start-ScheduledTask -TaskName $Task
}

switch ($Action) {
  'Run' { Start-Beating }
  'Install' { Install-Heartbeat }
  'Away' { Set-Content -Path $AwayFile -Value $Seconds }
  'Uninstall' {
    foreach ($one in $Task, $AwayTask) {
      Stop-ScheduledTask -TaskName $one
      Unregister-ScheduledTask -TaskName $one -Confirm:$false
    }
    Remove-Item -Recurse -Force $Folder
  }
}
`.replaceAll('\\`', '`');
