package redfish

import "time"

// Dials are what is peculiar about a controller, or broken. The zero value is a good one; each takes effect at once. Those that hold
// for a while hold from the moment in which they were set.
type Dials struct {
	// ---- how it answers ----
	Refuse        bool    `json:"refuse,omitempty"`        // connections are refused, as by a controller that is dead
	Silent        bool    `json:"silent,omitempty"`        // connections are taken, and nothing is ever answered
	AnswerSeconds float64 `json:"answerSeconds,omitempty"` // every answer takes so long
	FailWith      int     `json:"failWith,omitempty"`      // everything but the root is answered with this status
	FailTimes     int     `json:"failTimes,omitempty"`     // so many more times; 0: always
	RetryAfter    string  `json:"retryAfter,omitempty"`    // goes with FailWith and with tasks, as it is
	RedirectTo    string  `json:"redirectTo,omitempty"`    // everything but the root is at another scheme://host:port, by 308; "self" for this one, with a slash at the end
	EmptyBodies   int     `json:"emptyBodies,omitempty"`   // the next so many GETs of the system have 200 and no body

	// ---- who may ask ----
	NoBasic       bool `json:"noBasic,omitempty"`       // only sessions
	NoSessions    bool `json:"noSessions,omitempty"`    // the root has no link to them
	SessionLimit  int  `json:"sessionLimit,omitempty"`  // 0: eight
	SessionsTaken int  `json:"sessionsTaken,omitempty"` // by others, for ever

	// ---- what it says of the system ----
	StaleSeconds   float64  `json:"staleSeconds,omitempty"` // PowerState is what it was so long ago
	NoPowerState   bool     `json:"noPowerState,omitempty"` // the property is missing
	NullPowerState bool     `json:"nullPowerState,omitempty"`
	Transitions    bool     `json:"transitions,omitempty"`   // PoweringOff and PoweringOn are shown
	Restore        string   `json:"restore,omitempty"`       // PowerRestorePolicy
	SwapUUID       bool     `json:"swapUUID,omitempty"`      // the bytes of its first three groups are in the other order
	Baseboard      bool     `json:"baseboard,omitempty"`     // HGX_Baseboard_0 comes first among the systems
	Allowed        []string `json:"allowed,omitempty"`       // AllowableValues as they are, for firmware that gets them wrong
	ActionInfo     bool     `json:"actionInfo,omitempty"`    // the values are behind @Redfish.ActionInfo only
	AbsoluteLinks  bool     `json:"absoluteLinks,omitempty"` // the action's target is a URL

	// ---- what it does ----
	OffSeconds      float64 `json:"offSeconds,omitempty"`      // from GracefulShutdown to off
	OnSeconds       float64 `json:"onSeconds,omitempty"`       // from On to on
	Lies            bool    `json:"lies,omitempty"`            // a reset is answered 204, and nothing happens
	IgnoresGraceful bool    `json:"ignoresGraceful,omitempty"` // the same for GracefulShutdown only: the system does not heed it
	RefusesGraceful bool    `json:"refusesGraceful,omitempty"` // GracefulShutdown is answered 400
	IgnoresForce    bool    `json:"ignoresForce,omitempty"`    // ForceOff is answered 204, and nothing happens
	IgnoresOn       bool    `json:"ignoresOn,omitempty"`       // On is answered 204, and nothing happens
	ConflictSeconds float64 `json:"conflictSeconds,omitempty"` // On is answered 409 for so long after off
	OffWhenOffFails bool    `json:"offWhenOffFails,omitempty"` // ForceOff of a system that is off is answered 400
	Tasks           string  `json:"tasks,omitempty"`           // "monitor": resets are answered 202 with a monitor; "lost": it is not there; "always200": as Huawei's

	// ---- what it measures ----
	Watts        *float64 `json:"watts,omitempty"`        // nil: 120 while on
	StandbyWatts *float64 `json:"standbyWatts,omitempty"` // nil: 8 while off
	Meters       []string `json:"meters,omitempty"`       // of environment, control, supplies, none; nil: environment and control
	NullWatts    bool     `json:"nullWatts,omitempty"`    // readings are null
	TextNumbers  bool     `json:"textNumbers,omitempty"`  // readings are strings
	Chassis      string   `json:"chassis,omitempty"`      // UUID of an enclosure that other controllers have, too
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (d Dials) sessionLimit() int {
	if d.SessionLimit > 0 {
		return d.SessionLimit
	}
	return 8
}

func (d Dials) has(meter string) bool {
	if d.Meters == nil {
		return meter != "supplies"
	}
	for _, each := range d.Meters {
		if each == meter {
			return true
		}
	}
	return false
}
