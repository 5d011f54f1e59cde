// BtrPlace, told which nodes to empty. It reads lines: "NODE cpu memory", "VM cpu memory node", by number, from 0 on; its arguments are
// the file, the seconds it may take, and the numbers of the nodes to turn off. It prints "VM NODE" lines, or nothing when it finds no plan.
import java.nio.file.*;
import java.util.*;
import org.btrplace.model.*;
import org.btrplace.model.constraint.*;
import org.btrplace.model.view.ShareableResource;
import org.btrplace.plan.ReconfigurationPlan;
import org.btrplace.scheduler.choco.*;

public class BtrPlacePeer {
  public static void main(String[] args) throws Exception {
    Model model = new DefaultModel();
    ShareableResource cpu = new ShareableResource("cpu");
    ShareableResource memory = new ShareableResource("memory");
    model.attach(cpu);
    model.attach(memory);
    List<Node> nodes = new ArrayList<>();
    List<VM> vms = new ArrayList<>();
    for (String line : Files.readAllLines(Paths.get(args[0]))) {
      String[] part = line.split(" ");
      int c = Integer.parseInt(part[1]);
      int m = Integer.parseInt(part[2]);
      if (part[0].equals("NODE")) {
        Node node = model.newNode();
        nodes.add(node);
        model.getMapping().addOnlineNode(node);
        cpu.setCapacity(node, c);
        memory.setCapacity(node, m);
      } else {
        VM vm = model.newVM();
        vms.add(vm);
        model.getMapping().addRunningVM(vm, nodes.get(Integer.parseInt(part[3])));
        cpu.setConsumption(vm, c);
        memory.setConsumption(vm, m);
      }
    }
    List<SatConstraint> wanted = new ArrayList<>();
    for (int i = 2; i < args.length; i++) wanted.add(new Offline(nodes.get(Integer.parseInt(args[i]))));
    DefaultChocoScheduler scheduler = new DefaultChocoScheduler();
    scheduler.doRepair(true);
    scheduler.setTimeLimit(Integer.parseInt(args[1]));
    ReconfigurationPlan plan;
    try {
      plan = scheduler.solve(model, wanted);
    } catch (org.btrplace.scheduler.SchedulerException undecided) {
      return;
    }
    if (plan == null) return;
    Mapping end = plan.getResult().getMapping();
    StringBuilder out = new StringBuilder();
    for (int v = 0; v < vms.size(); v++) out.append(v).append(' ').append(nodes.indexOf(end.getVMLocation(vms.get(v)))).append('\n');
    System.out.print(out);
  }
}
