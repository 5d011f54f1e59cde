package redfish

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Control serves what tests may do to controllers, over plain HTTP, beside what the controllers serve themselves:
//
//	GET   /NAME         what is true of it (State); its PowerState is that of Redfish
//	PATCH /NAME/dials   turns the dials that the body names
//	PUT   /NAME/dials   turns all of them
//	POST  /NAME/power   {"PowerState": "On"}: a person presses the power switch
func Control(bmcs ...*BMC) http.Handler {
	mux := http.NewServeMux()
	for _, bmc := range bmcs {
		mux.HandleFunc("GET /"+bmc.Name, func(answer http.ResponseWriter, _ *http.Request) { bmc.tell(answer) })
		mux.HandleFunc("PATCH /"+bmc.Name+"/dials", func(answer http.ResponseWriter, request *http.Request) {
			bmc.turn(answer, request, bmc.State().Dials)
		})
		mux.HandleFunc("PUT /"+bmc.Name+"/dials", func(answer http.ResponseWriter, request *http.Request) { bmc.turn(answer, request, Dials{}) })
		mux.HandleFunc("POST /"+bmc.Name+"/power", func(answer http.ResponseWriter, request *http.Request) {
			var wish struct{ PowerState string }
			if err := strictly(request, &wish); err != nil || wish.PowerState != "On" && wish.PowerState != "Off" {
				http.Error(answer, fmt.Sprintf("write {\"PowerState\": \"On\"} or \"Off\" (%v)", err), http.StatusBadRequest)
				return
			}
			bmc.Press(wish.PowerState == "On")
			bmc.tell(answer)
		})
	}
	return mux
}

func strictly(request *http.Request, into any) error {
	decoder := json.NewDecoder(request.Body)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func (b *BMC) turn(answer http.ResponseWriter, request *http.Request, dials Dials) {
	if err := strictly(request, &dials); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	b.Turn(func(all *Dials) { *all = dials })
	b.tell(answer)
}

func (b *BMC) tell(answer http.ResponseWriter) {
	answer.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(answer).Encode(b.State())
}
